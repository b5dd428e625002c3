"""Clusters in the line that is typed: the cursor stands where a terminal draws what is before it."""

from __future__ import annotations

from bisect import bisect_right

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

from client.screen.cells import Clusters, clusters, has_disputed


class ClusterProcessor(Processor):
    """Has what is one character to the reader stand in cells of its own, and counts it as one."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        typed = transformation_input.fragments
        text = fragment_list_to_text(typed)
        if not has_disputed(text):
            return Transformation(typed)
        styles = [style for style, part, *_ in typed for _ in part]
        fragments: StyleAndTextTuples = []
        # Where in the text each begins, and where the last one ends.
        starts = [0]
        for cluster in clusters(text):
            fragments.append((styles[starts[-1]], Clusters(cluster)))
            starts.append(starts[-1] + len(cluster))
        return Transformation(
            fragments,
            source_to_display=lambda place: bisect_right(starts, place) - 1,
            display_to_source=lambda place: starts[min(place, len(starts) - 1)],
        )
