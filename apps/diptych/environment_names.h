#pragma once

/// Says which environment variables are called as diptych's are and read by nothing, as one that is
/// misspelt.
void note_unread_variables();
