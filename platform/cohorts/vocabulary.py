"""The words that cohorts are described with. No free text: what a person may choose cannot name anybody."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Task(models.TextChoices):
    """The MDS-UPDRS Part III task that a recording shows: the item's number and a short name of our own.

    The scale's wording belongs to MDS and is not repeated here.
    """

    SPEECH = "speech", _("Speech (3.1)")
    FACIAL_EXPRESSION = "facial_expression", _("Facial expression (3.2)")
    RIGIDITY = "rigidity", _("Rigidity (3.3)")
    FINGER_TAPPING = "finger_tapping", _("Finger tapping (3.4)")
    HAND_MOVEMENTS = "hand_movements", _("Opening and closing the hand (3.5)")
    HAND_TURNING = "hand_turning", _("Turning the hand (3.6)")
    TOE_TAPPING = "toe_tapping", _("Toe tapping (3.7)")
    LEG_AGILITY = "leg_agility", _("Lifting the leg (3.8)")
    ARISING = "arising", _("Getting up from a chair (3.9)")
    GAIT = "gait", _("Gait (3.10)")
    FREEZING = "freezing", _("Freezing while walking (3.11)")
    BALANCE = "balance", _("Balance after a pull (3.12)")
    POSTURE = "posture", _("Posture (3.13)")
    WHOLE_BODY = "whole_body", _("Slowness of the whole body (3.14)")
    TREMOR_HOLDING = "tremor_holding", _("Tremor with the arms held out (3.15)")
    TREMOR_MOVING = "tremor_moving", _("Tremor in movement (3.16)")
    REST = "rest", _("Rest (3.17)")
    TREMOR_LASTING = "tremor_lasting", _("How long rest tremor lasts (3.18)")


class Sex(models.TextChoices):
    FEMALE = "f", _("Female")
    MALE = "m", _("Male")
    OTHER = "x", _("Other")


class Diagnosis(models.TextChoices):
    PARKINSON = "parkinson", _("Parkinson’s disease")
    MSA = "msa", _("Multiple system atrophy")
    PSP = "psp", _("Progressive supranuclear palsy")
    LEWY_BODY = "lewy_body", _("Dementia with Lewy bodies")
    DRUG_INDUCED = "drug_induced", _("Parkinsonism caused by drugs")
    ESSENTIAL_TREMOR = "essential_tremor", _("Essential tremor")
    DYSTONIA = "dystonia", _("Dystonia")
    HEALTHY = "healthy", _("Healthy volunteer")
    OTHER = "other", _("Other")


class MotorState(models.TextChoices):
    ON = "on", _("ON")
    OFF = "off", _("OFF")


class Stimulation(models.TextChoices):
    ON = "on", _("Switched on")
    OFF = "off", _("Switched off")
    NONE = "none", _("No stimulator")


HOEHN_YAHR = ("0", "1", "1.5", "2", "2.5", "3", "4", "5")


class Scope(models.TextChoices):
    """What a participant may consent to, each apart from the others."""

    RESEARCH = "research", _("Research: de-identification and analysis")
    RATING = "rating", _("Rating by experts outside the clinic")
    LAY_JUDGES = "lay_judges", _("Showing the face to lay judges")
    DONOR = "donor", _("Use of the face as a donor")
    SHARING = "sharing", _("Sharing of renditions")
