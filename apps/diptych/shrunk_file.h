#pragma once

/// Lets the program end with a line and exit status 4 where a mapped file is cut while it is read,
/// or its disk fails, which is a signal and no error.
void say_when_a_file_shrinks();
