"""The words of the platform, as its pages use them, in the order in which one meets them."""

from django.utils.translation import gettext_lazy as _

TERMS = (
    (_("Participant"), _("A patient or healthy volunteer who was filmed. Known here by a code only.")),
    (
        _("Cohort"),
        _("Participants who belong together, such as those of one site, and the coordinators who care for them."),
    ),
    (
        _("Recording"),
        _("An original video of one participant doing one MDS-UPDRS task, such as facial expression, speech or rest."),
    ),
    (_("Method"), _("How a face is de-identified: masked, blurred, pixelated, or replaced by a donor’s face.")),
    (
        _("Donor"),
        _(
            "The face that is put in place of the participant’s. Synthetic donors are nobody; own donors consented in "
            "writing."
        ),
    ),
    (_("Job"), _("One request to de-identify a recording by a method. A worker does it in the background.")),
    (
        _("Rendition"),
        _("What a job makes of a recording: the de-identified video. Nobody rates it before it is released."),
    ),
    (
        _("Certificate"),
        _("What was done to each frame of a rendition: face covered, head masked, or the whole frame withheld."),
    ),
    (
        _("Withheld frame"),
        _("A frame in which no face was found for certain. Nothing of its picture is shown until a reviewer decides."),
    ),
    (
        _("Review and release"),
        _("A coordinator looks at every rendition and decides about withheld frames. Raters see released ones only."),
    ),
    (
        _("Study"),
        _("A blinded comparison: raters score originals and renditions, shuffled, without knowing which is which."),
    ),
    (_("Rater"), _("A clinician who scores videos in a study.")),
    (_("Item"), _("What is scored, from 0 to 4: an item of MDS-UPDRS Part III, such as 3.2 facial expression.")),
    (_("Presentation"), _("One showing of one video to one rater, in that rater’s own order.")),
    (_("Rating"), _("A rater’s answer to one item of a presentation: a score, or “not sure”.")),
    (
        _("Paired deviation"),
        _("The score of the original minus that of the rendition, by the same rater on the same recording and item."),
    ),
    (_("Trial"), _("One question to a judge: which of six faces is the person in the video?")),
    (
        _("Judge"),
        _("Somebody who tries to recognise people in renditions, so that privacy is measured and not assumed."),
    ),
    (_("Run"), _("One analysis over renditions or ratings, kept with its settings and its result.")),
    (_("Code-break"), _("Opening the blinding before a study is closed. It is recorded, with who did it and why.")),
    (
        _("Pseudonymised"),
        _(
            "Names are gone and faces are changed, but voice, gait, clothes, place or the way a face moves can still "
            "tell who somebody is. Renditions are pseudonymised, not anonymous."
        ),
    ),
    (
        _("Withdrawal"),
        _("A participant takes part no longer: videos and renditions are destroyed, and a receipt says what was."),
    ),
)
