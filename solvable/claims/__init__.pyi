from .declaration import Claim as Claim
from .declaration import claim as claim
from .evidence import Evidence as Evidence
from .evidence import Outcome as Outcome
from .falsification import Falsification as Falsification
from .falsification import falsify as falsify
from .lab import Lab as Lab
from .registry import all_claims as all_claims
from .results import Report as Report
from .results import Result as Result
from .sequential import Interval as Interval
from .sequential import student_interval as student_interval
from .time_averages import BatchMeans as BatchMeans
from .time_averages import autocorrelation_time as autocorrelation_time
from .time_averages import batch_means as batch_means
from .verdicts import Verdict as Verdict
from .verification import verify as verify

__all__: list[str]
