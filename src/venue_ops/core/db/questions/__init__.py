"""Every question the database is asked, as a value: its shape, without its parameters.

A question names the function that builds its statement. Two questions that are equal have
the same SQL text, so `core.db.compiled` can keep the text and spare later processes
SQLAlchemy's import; no module here may therefore import it.
"""

from venue_ops.core.db.questions.base import (
    Question,
)
from venue_ops.core.db.questions.cities import (
    CitiesByRef,
    CityErrorTotals,
    CityJobTotals,
    CityNames,
    CityProviderTotals,
    CityVenueTotals,
)
from venue_ops.core.db.questions.doctor import (
    ColumnFacts,
    DuplicateJobs,
    ExecutingJobs,
    FutureTimes,
    ImageFaults,
    IndexFacts,
    LockFacts,
    LostAttempts,
    QueueFacts,
    RelationFacts,
    RoleFacts,
    ServerFacts,
    SpentAttempts,
)
from venue_ops.core.db.questions.enqueueing import EndedJobs, Enqueue, EnqueueSeen, JobStates
from venue_ops.core.db.questions.exports import (
    ImagesExport,
    OperationsExport,
    VenuesExport,
)
from venue_ops.core.db.questions.figures import (
    FailureTotals,
    FigureFilter,
    FinishedJobs,
    GroupedFailures,
    GroupedImages,
    ImageRuns,
    JobFigures,
    LatestAnswers,
    VenueFigures,
)
from venue_ops.core.db.questions.filters import (
    CityPath,
    ImageFilter,
    JobFilter,
    VenueFilter,
)
from venue_ops.core.db.questions.identity import (
    DatabaseIdentity,
)
from venue_ops.core.db.questions.jobs import (
    AbsentKinds,
    JobById,
    JobChildren,
    JobsPage,
    JobsTotal,
    KnownStates,
    WorkerCounts,
)
from venue_ops.core.db.questions.rerunning import JobIds, JobsByIds, Rerun
from venue_ops.core.db.questions.retrying import (
    Blockers,
    DailyRun,
    FailingVenueIds,
    FailingVenues,
    ProviderTerms,
    VenueForRetry,
)
from venue_ops.core.db.questions.suggestions import (
    CitySuggestions,
    JobSuggestions,
    ProviderNames,
    ProvidersSeen,
    VenueSuggestions,
)
from venue_ops.core.db.questions.venues import (
    VenueByRef,
    VenueIds,
    VenuesPage,
    VenuesTotal,
)
from venue_ops.core.db.questions.working import (
    FetchJobs,
    ForeignJobs,
    JobsToBegin,
    RescueJobs,
    ReturnJob,
    StageJobs,
)
from venue_ops.core.db.questions.writes import (
    JobRights,
    MarkFailed,
    MarkUploaded,
    WriteRights,
)

__all__ = [
    "AbsentKinds",
    "Blockers",
    "CitiesByRef",
    "CityErrorTotals",
    "CityJobTotals",
    "CityNames",
    "CityPath",
    "CityProviderTotals",
    "CitySuggestions",
    "CityVenueTotals",
    "ColumnFacts",
    "DailyRun",
    "DatabaseIdentity",
    "DuplicateJobs",
    "EndedJobs",
    "Enqueue",
    "EnqueueSeen",
    "ExecutingJobs",
    "FailingVenueIds",
    "FailingVenues",
    "FailureTotals",
    "FetchJobs",
    "FigureFilter",
    "FinishedJobs",
    "ForeignJobs",
    "FutureTimes",
    "GroupedFailures",
    "GroupedImages",
    "ImageFaults",
    "ImageFilter",
    "ImageRuns",
    "ImagesExport",
    "IndexFacts",
    "JobById",
    "JobChildren",
    "JobFigures",
    "JobFilter",
    "JobIds",
    "JobRights",
    "JobStates",
    "JobSuggestions",
    "JobsByIds",
    "JobsPage",
    "JobsToBegin",
    "JobsTotal",
    "KnownStates",
    "LatestAnswers",
    "LockFacts",
    "LostAttempts",
    "MarkFailed",
    "MarkUploaded",
    "OperationsExport",
    "ProviderNames",
    "ProviderTerms",
    "ProvidersSeen",
    "Question",
    "QueueFacts",
    "RelationFacts",
    "Rerun",
    "RescueJobs",
    "ReturnJob",
    "RoleFacts",
    "ServerFacts",
    "SpentAttempts",
    "StageJobs",
    "VenueByRef",
    "VenueFigures",
    "VenueFilter",
    "VenueForRetry",
    "VenueIds",
    "VenueSuggestions",
    "VenuesExport",
    "VenuesPage",
    "VenuesTotal",
    "WorkerCounts",
    "WriteRights",
]
