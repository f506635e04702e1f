"""Tests of the app, from its files to its running image."""
