"""Models: what a model promises about its columns, its versions, and how it is run."""
