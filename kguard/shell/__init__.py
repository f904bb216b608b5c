"""Who gets SIGTERM: from the argv of a container to what its main process does with the signal."""
