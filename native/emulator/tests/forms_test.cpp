// Every instruction form, modifiers and all, that the table names or that a kernel of these tests holds has to run in a scenario whose
// results are right, on each architecture that it is named for. The table holds the forms that nvcc writes for kernels of many kinds and
// for libdevice's functions.
//   emulator_forms_test PTX_FOLDER TABLE
//   emulator_forms_test --list SM_80.ptx,... SM_90.ptx,...     writes the table for these modules
#include "tests/support.hpp"

#include <map>
#include <set>

using namespace pck::tests;

namespace {

using Forms = std::map<std::string, std::set<int>>; // form, architectures

// "ld.shared.v4.f32" of "@%p1 ld.shared.v4.f32 {...}, [%r2]".
std::string form_of(const Program& program, size_t instruction) {
    const Origin& origin = program.origins[instruction];
    std::istringstream words(program.text.substr(origin.text_begin, origin.text_end - origin.text_begin));
    std::string word;
    words >> word;
    if (!word.empty() && word[0] == '@')
        words >> word;
    return word.substr(0, word.find_first_of(";{(["));
}

Forms read_table(const std::string& path) {
    Forms forms;
    std::istringstream stream(read_file(path));
    for (std::string line; std::getline(stream, line);) {
        if (line.empty() || line[0] == '#')
            continue;
        std::istringstream words(line);
        std::string form;
        words >> form;
        for (int architecture; words >> architecture;)
            forms[form].insert(architecture);
    }
    return forms;
}

int list(const std::vector<std::string>& files_by_architecture) {
    Forms forms;
    for (size_t k = 0; k < files_by_architecture.size(); ++k) {
        std::istringstream files(files_by_architecture[k]);
        for (std::string file; std::getline(files, file, ',');) {
            Machine machine;
            const Program program(machine.memory(), read_file(file));
            for (size_t i = 0; i < program.code.size(); ++i)
                if (const std::string form = form_of(program, i); !form.empty()) // what leaves a function may have no text
                    forms[form].insert(k == 0 ? 80 : 90);
        }
    }
    for (const auto& [form, architectures] : forms) {
        std::printf("%s", form.c_str());
        for (int architecture : architectures)
            std::printf(" %d", architecture);
        std::printf("\n");
    }
    return forms.empty() ? 1 : 0;
}

// What runs in the scenarios on one architecture, and what their modules hold besides.
struct Coverage {
    std::set<std::string> executed, present;
    std::vector<std::string> wrong; // scenarios
};

Coverage run_scenarios(Suite& suite, int architecture) {
    Coverage coverage;
    for (const Scenario& scenario : scenarios) {
        Machine machine;
        Module module(machine, ptx_of(scenario.file, architecture));
        module.checks.profile = true;
        if (suite.notices([&] { scenario.body(machine, module); }))
            coverage.wrong.push_back(scenario.name);
        for (size_t i = 0; i < module.program().code.size(); ++i) {
            const std::string form = form_of(module.program(), i);
            if (form.empty())
                continue;
            coverage.present.insert(form);
            if (i < module.executed.size() && module.executed[i] != 0)
                coverage.executed.insert(form);
        }
    }
    return coverage;
}

} // namespace

int main(int count, char** argv) {
    if (count > 3 && std::string(argv[1]) == "--list")
        return list({argv[2], argv[3]});
    ptx_folder = argv[1];
    const Forms table = read_table(argv[2]);
    Suite suite, forms; // the scenarios check their results with the suite that they were added to
    for (const auto add : Registered::all())
        add(suite);
    for (int architecture : {80, 90})
        forms.add("every form for sm_" + std::to_string(architecture) + " runs", [&, architecture] {
            const Coverage coverage = run_scenarios(suite, architecture);
            for (const std::string& name : coverage.wrong)
                forms.check(false, "wrong: " + name);
            size_t wanted = 0, ran = 0;
            for (const auto& [form, architectures] : table) {
                if (architectures.count(architecture) == 0)
                    continue;
                ++wanted;
                const bool executed = coverage.executed.count(form) != 0;
                ran += executed;
                forms.check(executed,
                            form + (coverage.present.count(form) != 0 ? " is loaded but never runs" : " is in no kernel of the tests"));
            }
            std::printf("  sm_%d: %zu forms wanted, %zu ran; %zu of the tests' %zu forms ran\n", architecture, wanted, ran,
                        coverage.executed.size(), coverage.present.size());
            forms.check(wanted > 200, "the table is complete");
            for (const std::string& form : coverage.present)
                forms.check(coverage.executed.count(form) != 0, form + " is in a kernel of the tests but never runs");
        });
    return forms.run();
}
