"""How well models and agents find what is wrong: scenarios whose answer is known, scored."""
