"""Values in, SVG text with its words and table out."""
