"""Parts that all HTML pages share: templates, numbers, pictures and captions."""
