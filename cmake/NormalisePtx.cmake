# Makes the names of source files in a PTX file the same on every machine: ours are relative to ROOT, the toolkit's stand behind "cuda/".
file(READ "${FILE}" text)
string(REPLACE "\"${ROOT}" "\"" text "${text}")
string(REGEX REPLACE "(\t\\.file\t[0-9]+ \")[^\"\n]*/include/([^/\"\n]*\\.(hpp|h)\")" "\\1cuda/\\2" text "${text}")
file(WRITE "${FILE}" "${text}")
