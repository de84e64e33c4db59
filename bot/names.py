"""Proper names in approved texts, known by their capitals: "Asesor de Negocios y Microfinanzas"."""

import re

NAME = re.compile(
    r"[A-ZÁÉÍÓÚÑÜ][\wáéíóúñü]*"
    r"(?:\s+(?:(?:de|del|la|las|el|los|al|y|en|e|of|the|and|in)\s+){0,3}[A-ZÁÉÍÓÚÑÜ][\wáéíóúñü]*)*"
)
"""The word that opens a sentence has a capital, too: leave it out."""
