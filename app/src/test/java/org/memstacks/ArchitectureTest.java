package org.memstacks;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Linker;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The house as docs/architecture.md describes it. */
class ArchitectureTest {
  private static final String OURS = "org.memstacks..";

  private static JavaClasses code;

  @BeforeAll
  static void read() {
    code =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("org.memstacks");
    Map<String, Long> classes =
        code.stream()
            .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
    assertThat(classes)
        .containsKeys(
            "org.memstacks.bpf",
            "org.memstacks.check",
            "org.memstacks.cli",
            "org.memstacks.collect",
            "org.memstacks.elf",
            "org.memstacks.flamegraph",
            "org.memstacks.foreign",
            "org.memstacks.mapping",
            "org.memstacks.report",
            "org.memstacks.site",
            "org.memstacks.symbol",
            "org.memstacks.target",
            "org.memstacks.unwind")
        .doesNotContainKey("org.memstacks.live");
  }

  @Test
  void packagesHaveNoCycles() {
    check(slices().matching("org.memstacks.(*)..").should().beFreeOfCycles());
    check(slices().matching("org.memstacks.(**)").should().beFreeOfCycles());
  }

  /** What each package may know of ours. */
  @ParameterizedTest
  @CsvSource({
    "elf, ''",
    "foreign, ''",
    "bpf, foreign",
    "flamegraph, ''",
    "site, elf",
    "target, elf foreign",
    "unwind, elf",
    "symbol, elf foreign target",
    "mapping, bpf",
    "collect, bpf elf mapping site symbol target unwind",
    "check, bpf collect elf report site symbol target unwind",
    "fault, bpf collect elf mapping site target unwind",
    "report, collect fault mapping symbol",
  })
  void eachPackageKnowsOnlyThoseBelowIt(String name, String below) {
    String[] known =
        (name + " " + below)
            .strip()
            .transform(names -> java.util.Arrays.stream(names.split(" ")))
            .map(known1 -> "org.memstacks." + known1 + "..")
            .toArray(String[]::new);
    DescribedPredicate<JavaClass> foreign =
        resideInAPackage(OURS).and(DescribedPredicate.not(resideInAnyPackage(known)));
    check(
        noClasses()
            .that()
            .resideInAPackage("org.memstacks." + name + "..")
            .should()
            .dependOnClassesThat(are(foreign)));
  }

  @Test
  void onlyTheCommandsPrintAndExit() {
    DescribedPredicate<JavaClass> outside = DescribedPredicate.not(resideInAPackage("..cli.."));
    check(
        noClasses()
            .that(are(outside))
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class)
            .orShould()
            .callMethod(Throwable.class, "printStackTrace"));
  }

  @Test
  void nativeFunctionsAreCalledInTwoPlaces() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("org.memstacks.foreign", "org.memstacks.bpf")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Linker.class));
  }

  @Test
  void theRendererStandsAlone() {
    check(
        classes()
            .that()
            .resideInAPackage("org.memstacks.flamegraph..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("org.memstacks.flamegraph..", "java..", "freemarker.."));
  }

  @Test
  void nothingIsReflective() {
    check(noClasses().should().dependOnClassesThat().resideInAPackage("java.lang.reflect.."));
  }

  private static void check(ArchRule rule) {
    rule.check(code);
  }
}
