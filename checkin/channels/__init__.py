"""One transport each; a failed send is one error with a `permanent` flag."""
