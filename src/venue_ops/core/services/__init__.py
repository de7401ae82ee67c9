"""What a command or a screen calls: one function a question or a deed."""
