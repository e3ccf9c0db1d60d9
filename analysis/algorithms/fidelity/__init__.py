"""How much of a patient's signs a rendition keeps, and how little of who they are. Pure: arrays in and out."""
