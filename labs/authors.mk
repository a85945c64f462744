# Handouts, and whether the labs are sound. Handouts do not have this file.

.PHONY: handout mutants
handout: ## LAB=NAME OUT=DIR: the tree that students of a lab begin with
	@tools/handout '$(LAB)' '$(OUT)'

mutants: ## grade the reference, each fresh handout, and every wrong solution of labs/*/mutants.py (takes minutes); MUTANT=TEXT some of them
	@tools/mutants $(if $(MUTANT),'$(MUTANT)',--handouts)
