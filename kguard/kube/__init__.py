"""Where things are in each kind: recognising objects, pod templates, the parts policies look at."""
