"""What the demonstrations compute and draw, one module each: ``compute(**settings) -> arrays``, ``draw(arrays) ->
Figure``, ``numbers(arrays) -> {label: text}``; ``WARM`` lists settings that between them use everything compiled.
"""
