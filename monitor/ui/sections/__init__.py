"""Parts of pages, one file a section."""
