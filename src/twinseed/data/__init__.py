"""The rows and samples of one comparison, and what is computed from them once."""
