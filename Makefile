# Thin: each target calls one command that also works without make (README says which).

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
PY := .venv/Scripts/python
else
PY := .venv/bin/python
endif

# before any target runs: what is missing on the command line
ifneq ($(filter lesson,$(MAKECMDGOALS)),)
$(if $(N),,$(error Which lesson? make lesson N=03))
endif
ifneq ($(filter grade,$(MAKECMDGOALS)),)
$(if $(SUBMISSIONS),,$(error Which folder? make grade SUBMISSIONS=folder))
endif

.DEFAULT_GOAL := help
.PHONY: help setup course lab lesson progress test exercises grade report sync book bench torture

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## the environment in .venv: made, mended, or left alone (TORCH_INDEX=… see README)
	@$(PYTHON) tools/setup.py

course: setup ## run every lesson, then a table of what came out
	@$(PY) -m tools.run_course --jobs 2

lab: setup ## JupyterLab, opened on lesson 00
	@$(PY) -m jupyterlab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

lesson: setup ## run one lesson: make lesson N=03
	@$(PY) -m tools.run_course $(N)

progress: setup ## where you are: lessons done and begun, and what to do next
	@$(PY) -m course_lib.teach

test: setup ## lint, types, package, lessons against their stored outputs, exercises and grader
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m pytest -n 2 --dist loadscope --nbval tests course_lib tools notebooks

exercises: setup ## what students get: exercises/release, from sources/exercises
	@$(PY) -m tools.exercises

grade: setup ## grade a folder of submissions: make grade SUBMISSIONS=folder (VARIANTS=1: data of their own)
	@$(PY) -m tools.grade "$(SUBMISSIONS)" $(if $(VARIANTS),--variants)
	@$(PY) -m tools.grade.class_report

report: setup ## the capstone with your parameters, as a report: make report PARAMS=my.toml OUT=folder
	@$(PY) -m tools.report $(if $(PARAMS),"$(PARAMS)") $(if $(OUT),-o "$(OUT)")

sync: setup ## text to executed notebooks, README's table and picture; one lesson with N=03
	@$(PY) -m tools.sync $(N)
	@$(PY) -m tools.sync --exercises $(N)
	@$(PY) -m tools.syllabus --readme
	@$(PY) -m tools.instructors
	@$(PY) -m tools.picture

book: setup ## the course as a website, in book/_build/html (COURSE_REPOSITORY=… adds Binder and Colab)
	@$(PY) -m tools.book

bench: setup ## the measurements behind the claims about speed: benchmarks/RESULTS.md, one table
	@$(PY) -m benchmarks

torture: setup ## damaged files, broken submissions, killed jobs: how many were tried, handled, failed
	@$(PY) -m tools.torture --rounds $(or $(ROUNDS),10) --seed $(or $(SEED),0)
