"""A report as text, JSON, JUnit XML, HTML, and live on a terminal. All but the last are plain Python."""
