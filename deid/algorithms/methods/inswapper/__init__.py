"""A donor's identity put on the patient's face by insightface's inswapper_128."""
