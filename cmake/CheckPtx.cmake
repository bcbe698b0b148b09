# Fails where the PTX that was MADE of SOURCE is not the one CHECKED_IN, byte for byte.
execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${MADE}" "${CHECKED_IN}" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${CHECKED_IN} is not what nvcc makes of ${SOURCE}: run the target ptx")
endif()
