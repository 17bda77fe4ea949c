"""Tests of the overlay: each starts from what AWS documents and looks at a running local cloud."""
