"""Motion-exact mesh swap: a donor's face, moved by the patient's own motion."""
