"""The tables of Savic & Zhao 2023 on phantoms: what recognisers still know, and what is left of the pulse."""
