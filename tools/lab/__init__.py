"""What the labs are made of: handouts, the grader, wrong solutions. labs/README.md explains it."""
