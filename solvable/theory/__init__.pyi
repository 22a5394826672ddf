from solvable.theory.ascent import ascent_descent_coefficients as ascent_descent_coefficients
from solvable.theory.ascent import ascent_descent_field as ascent_descent_field
from solvable.theory.ascent import normalized_ascent_field as normalized_ascent_field
from solvable.theory.backward_error import barrett_dherin_field as barrett_dherin_field
from solvable.theory.basis_pursuit import least_l1 as least_l1
from solvable.theory.depth import depth_minimum as depth_minimum
from solvable.theory.games import modified_game_field as modified_game_field
from solvable.theory.hypentropy import hypentropy_minimum as hypentropy_minimum
from solvable.theory.least_squares import least_l2 as least_l2
from solvable.theory.limits import kernel_scale_bound as kernel_scale_bound
from solvable.theory.limits import large_scale_expansion as large_scale_expansion
from solvable.theory.limits import rich_scale_bound as rich_scale_bound
from solvable.theory.minimum import Minimum as Minimum
from solvable.theory.orthogonal import half_time as half_time
from solvable.theory.orthogonal import orthogonal_flow as orthogonal_flow
from solvable.theory.penalized import lasso as lasso
from solvable.theory.principal_flow import principal_flow_field as principal_flow_field
from solvable.theory.principal_flow import quadratic_principal_flow as quadratic_principal_flow
from solvable.theory.rates import NullSpaceExponent as NullSpaceExponent
from solvable.theory.rates import null_space_exponent as null_space_exponent
from solvable.theory.scalar_model import scalar_flow as scalar_flow

__all__: list[str]
