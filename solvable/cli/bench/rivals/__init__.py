"""The same work as others would write it: readable, idiomatic, with nothing left out that a competent user would do."""
