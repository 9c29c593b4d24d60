"""What every page is made of: templates, numbers, inline pictures, captions. It knows no result."""
