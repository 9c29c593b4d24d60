"""One claim to a file, named by it: ``CLAIM``, the sentence, and ``compare(quick)``."""
