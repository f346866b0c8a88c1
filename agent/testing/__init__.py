"""The public test kit for bot authors: doubles that are products, documented and tested like the rest."""
