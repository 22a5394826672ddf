"""The claims of the package, one file a paper. The registry reads these files; ``verify`` imports the ones it runs."""
