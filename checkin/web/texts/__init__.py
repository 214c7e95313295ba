"""Where the provider of texts calls back."""
