"""Recording a Python tagger."""
