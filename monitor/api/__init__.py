"""HTTP beside the pages: health."""
