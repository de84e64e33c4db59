"""Chat noise changes how a question is typed and little else."""

import random

from training.dataset.noise import as_a_student_types


def test_the_tilde_of_ñ_is_never_dropped() -> None:
    typed = {as_a_student_types("año", random.Random(seed)) for seed in range(200)}
    assert not any("ano" in text.lower() for text in typed)


def test_the_same_generator_types_the_same() -> None:
    question = "¿Qué cursos dictan en la escuela?"
    assert [as_a_student_types(question, random.Random(seed)) for seed in range(20)] == [
        as_a_student_types(question, random.Random(seed)) for seed in range(20)
    ]
