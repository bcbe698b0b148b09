// Runs the scenarios that are linked in, each in every variant; with a second argument their mutants.
//   emulator_threads_test PTX_FOLDER [UNNOTICED_FILE]
#include "tests/mutants.hpp"

using namespace pck::tests;

int main(int count, char** argv) {
    ptx_folder = argv[1];
    Suite suite;
    for (const auto add : Registered::all())
        add(suite);
    return count > 2 ? run_mutants(suite, argv[2]) : suite.run();
}
