from .boundaries import boundary as boundary
from .diagram import Axis as Axis
from .diagram import Curve as Curve
from .diagram import Diagram as Diagram
from .diagram import Quantity as Quantity
from .loading import load as load
from .mapping import grid as grid
from .measures import vectorized as vectorized
from .phase_boundary import PhaseBoundary as PhaseBoundary
from .phase_map import PhaseMap as PhaseMap
from .refinement import Refinement as Refinement
from .refining import refine as refine

__all__: list[str]
