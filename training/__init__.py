"""How the weights that the package ships were made. Needs the dependency group ``train``."""
