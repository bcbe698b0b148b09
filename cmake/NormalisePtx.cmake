# Makes the names of source files in a PTX file the same on every machine: ours are relative to ROOT, the toolkit's stand behind "cuda/".
file(READ "${FILE}" text)
string(REPLACE "\"${ROOT}" "\"" text "${text}")
string(REGEX REPLACE "(\t\\.file\t[0-9]+ \")[^\"\n]*/include/([^/\"\n]*\\.(hpp|h)\")" "\\1cuda/\\2" text "${text}")
# Internal names in the debug strings, "_INTERNAL_" and "_GLOBAL__N__" as bytes, go on with eight hexadecimal digits of a hash of the folder.
set(digits "([0-9]+,)([0-9]+,)([0-9]+,)([0-9]+,)([0-9]+,)([0-9]+,)([0-9]+,)([0-9]+,)")
string(REGEX REPLACE "95,73,78,84,69,82,78,65,76,95,${digits}95," "95,73,78,84,69,82,78,65,76,95,48,48,48,48,48,48,48,48,95," text "${text}")
string(REGEX REPLACE "95,71,76,79,66,65,76,95,95,78,95,95,${digits}95," "95,71,76,79,66,65,76,95,95,78,95,95,48,48,48,48,48,48,48,48,95," text "${text}")
# Names of internal linkage carry a hash of the folder that the source lies in: as many zeros stand for it, so that lengths in the names stay true.
string(REGEX REPLACE "(_INTERNAL|_GLOBAL__N_)_[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]_" "\\1_00000000_" text "${text}")
file(WRITE "${FILE}" "${text}")
# The list of dependencies beside it names the sources from where the compiler saw them, and what it made.
if(EXISTS "${FILE}.d")
  file(READ "${FILE}.d" text)
  string(REGEX REPLACE "([ \n])(include|kernels)/" "\\1${SOURCES}\\2/" text "${text}")
  string(REGEX REPLACE "^[^:\n]*:" "${TARGET} :" text "${text}")
  file(WRITE "${FILE}.d" "${text}")
endif()
