"""Where manifests come from: files, folders, git, standard input."""
