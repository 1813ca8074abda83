package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.BlockOptions;
import org.memstacks.collect.BlockOptions.Histogram;
import org.memstacks.collect.BlockOptions.View;
import org.memstacks.collect.PoolFunctions;
import org.memstacks.collect.TraceOptions;
import org.memstacks.report.TrendOrder;
import org.memstacks.symbol.FrameStyle;

class MemstacksCommandLineTest {
  @Test
  void aPidAloneMeansTheTableOfUnfreedBlocksUntilInterrupted() throws UsageException {
    assertThat(parse("-p 12"))
        .isEqualTo(
            new MemstacksOptions(
                List.of(12),
                0,
                Optional.empty(),
                List.of(),
                false,
                Optional.empty(),
                AllocatorQuery.any(),
                FrameStyle.PLAIN,
                false,
                false,
                new TraceOptions(false, 0, 32_768, 3_000_000, false, Optional.empty()),
                ViewOptions.DEFAULT,
                0,
                false,
                false,
                false,
                false));
  }

  @Test
  void whatFollowsTheCommandIsItsOwn() throws UsageException {
    MemstacksOptions options = parse("-f 60 -c cat -p --help -c 1");
    assertThat(options.command()).containsExactly("cat", "-p", "--help", "-c", "1");
    assertThat(options.pids()).isEmpty();
    assertThat(options.duration()).contains(Duration.ofSeconds(60));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-p 12 -p 34 -p 5 -f 60", "-p 12,34,5 -f 60", "-fp 12,34 --pid=5 60"})
  void severalProcessesInTheirOrder(String arguments) throws UsageException {
    MemstacksOptions options = parse(arguments);
    assertThat(options.pids()).containsExactly(12, 34, 5);
    assertThat(options.isOfOne()).isFalse();
    assertThat(options).isEqualTo(parse("-p 12 -p 34 -p 5 -f 60"));
  }

  @Test
  void childrenAreFollowedWhenAskedFor() throws UsageException {
    assertThat(parse("-p 1").maxChildren()).isZero();
    assertThat(parse("-p 1 --follow-fork").maxChildren()).isEqualTo(8);
    assertThat(parse("-p 1 --follow-fork").isOfOne()).isFalse();
    assertThat(parse("-p 1,2 --follow-fork --max-children 3").maxChildren()).isEqualTo(3);
    assertThat(parse("--follow-fork -c make -j8").maxChildren()).isEqualTo(8);
  }

  @Test
  void eachHasTablesOfItsOwnSoThereIsALimit() throws UsageException {
    String most = String.join(",", IntStream.rangeClosed(1, 64).mapToObj(i -> "" + i).toList());
    assertThat(parse("-p " + most).pids()).hasSize(64);
    assertThatThrownBy(() -> parse("-p " + most + " -p 65"))
        .hasMessage("-p takes 64 processes at most, not 65: each has tables of its own");
  }

  @Test
  void aNameStandsForTheProcess() throws UsageException {
    assertThat(parse("--name redis-server -f").name()).contains("redis-server");
  }

  @Test
  void everyOptionHasItsPlace() throws UsageException {
    assertThat(
            parse(
                "--tid 34 --folded --all --object libc.so.6 --prefix my_ --prefix our_"
                    + " --pair alloc=get:2_free=put:1 --stack-storage-size 10240"
                    + " --max-live-blocks 5 --force --attach perf --offsets --modules --lines --inline"
                    + " --facts --check --quiet --verbose --debug 60"))
        .isEqualTo(
            new MemstacksOptions(
                List.of(),
                34,
                Optional.empty(),
                List.of(),
                true,
                Optional.of(Duration.ofSeconds(60)),
                new AllocatorQuery(
                    Optional.of("libc.so.6"),
                    List.of("my_", "our_"),
                    List.of(PoolFunctions.parse("alloc=get:2 free=put:1"))),
                new FrameStyle(true, true, true),
                true,
                true,
                new TraceOptions(true, 34, 10_240, 5, true, Optional.of(AttachKind.PERF)),
                ViewOptions.DEFAULT,
                0,
                true,
                true,
                true,
                true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-p 12 -f -a 60",
        "-p 12 -af 60",
        "-af 60 -p 12",
        "-fa -p 12 60",
        "60 -afp 12",
        "-p=12 -af 60",
        "-p12 -af 60",
        "--pid=12 -af 60",
        "--pid 12 --all --folded 60",
        "-af -p 12 -- 60",
      })
  void theSameCanBeSaidInManyWays(String arguments) throws UsageException {
    MemstacksOptions options = parse(arguments);
    assertThat(options.pids()).containsExactly(12);
    assertThat(options.folded()).isTrue();
    assertThat(options.trace().all()).isTrue();
    assertThat(options.duration()).contains(Duration.ofSeconds(60));
    assertThat(options).isEqualTo(parse("-p 12 -f -a 60"));
  }

  @ParameterizedTest
  @CsvSource({"session, SESSION", "multi, MULTI", "PERF, PERF"})
  void attachKindsAreNamed(String text, AttachKind kind) throws UsageException {
    assertThat(parse("-p 1 --attach " + text).trace().attach()).contains(kind);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          # which process
          ""                  | which process? Name it with -p PID or --name NAME (or one thread with -t TID), or start one with -c COMMAND
          -f 60               | which process? Name it with -p PID or --name NAME (or one thread with -t TID), or start one with -c COMMAND
          -p 1 -t 1           | -p and -t exclude each other: -t names a thread, whose process is found by itself
          -p 1 --name cat     | -p and --name both name the process: one is enough
          -t 1 --name cat     | -t and --name both name the process: one is enough
          --name=             | --name takes the name of a process, not ''
          -c                  | -c needs a command: memstacks -f -c COMMAND [ARGUMENT]...
          -f 60 --command     | -c needs a command: memstacks -f -c COMMAND [ARGUMENT]...
          -p 1 -c cat         | -c starts the process that is traced: leave -p out, or -c
          --name x -c cat     | -c starts the process that is traced: leave --name out, or -c
          --check -c cat      | -c starts the process that is traced: leave --check out, or -c
          -fc cat             | -c stands alone, and last: memstacks -f -c COMMAND [ARGUMENT]...
          -p                  | option -p needs a value
          -p abc              | -p takes a process ID from 1 to 2147483647, not 'abc'
          -p 0                | -p takes a process ID from 1 to 2147483647, not '0'
          -p -5               | -p takes a process ID from 1 to 2147483647, not '-5'
          -p=                 | -p takes a process ID from 1 to 2147483647, not ''
          --pid=12x           | -p takes a process ID from 1 to 2147483647, not '12x'
          -p 99999999999      | -p takes a process ID from 1 to 2147483647, not '99999999999'
          -t 0                | -t takes a thread ID from 1 to 2147483647, not '0'
          -p 12 -p 12         | -p names process 12 twice: its stacks would count twice
          -p 12,34,12         | -p names process 12 twice: its stacks would count twice
          -p 12 --pid=012     | -p names process 12 twice: its stacks would count twice
          -p 1,2,x            | -p takes a process ID from 1 to 2147483647, not 'x'
          -p 1,0              | -p takes a process ID from 1 to 2147483647, not '0'
          -p 12,              | -p takes process IDs separated by commas, as 12,34: one is missing in '12,'
          -p ,12              | -p takes process IDs separated by commas, as 12,34: one is missing in ',12'
          -p 1,,2             | -p takes process IDs separated by commas, as 12,34: one is missing in '1,,2'
          -p ,                | -p takes process IDs separated by commas, as 12,34: one is missing in ','
          -p 1;2              | -p takes a process ID from 1 to 2147483647, not '1;2'
          -p 1 2 3            | one duration in seconds is enough, not '2 3'
          -p 1 -p             | option -p needs a value
          -p 1,2 -t 3         | -p and -t exclude each other: -t names a thread, whose process is found by itself
          -p 1,2 --name cat   | -p and --name both name the process: one is enough
          -p 1,2 -c cat       | -c starts the process that is traced: leave -p out, or -c
          -p 1,2 --check      | --check looks at one process: name one with -p
          # children
          -p 1 --max-children 4 | --max-children needs --follow-fork: else none is traced
          -p 1 --follow-fork --max-children 0 | --max-children takes a number of processes from 1 to 64, not '0'
          -p 1 --follow-fork --max-children 65 | --max-children takes a number of processes from 1 to 64, not '65'
          -t 1 --follow-fork  | --follow-fork does not go with -t, which is about one thread
          -p 1 --follow-fork --check | --follow-fork does not go with --check, which is about one process
          -p 1 --follow-forks | unknown option --follow-forks; did you mean --follow-fork?
          -p 1 --follow-fork=8 | option --follow-fork takes no value
          # duration
          -p 1 0              | the duration is a whole number of seconds from 1 to 31536000, not '0'; leave it out to trace until Ctrl-C
          -p 1 -1             | the duration is a whole number of seconds from 1 to 31536000, not '-1'; leave it out to trace until Ctrl-C
          -p 1 abc            | the duration is a whole number of seconds from 1 to 31536000, not 'abc'; leave it out to trace until Ctrl-C
          -p 1 1e9            | the duration is a whole number of seconds from 1 to 31536000, not '1e9'; leave it out to trace until Ctrl-C
          -p 1 1.5            | the duration is a whole number of seconds from 1 to 31536000, not '1.5'; leave it out to trace until Ctrl-C
          -p 1 60s            | the duration is a whole number of seconds from 1 to 31536000, not '60s'; leave it out to trace until Ctrl-C
          -p 1 31536001       | the duration is a whole number of seconds from 1 to 31536000, not '31536001'; leave it out to trace until Ctrl-C
          -p 1 99999999999999999999 | the duration is a whole number of seconds from 1 to 31536000, not '99999999999999999999'; leave it out to trace until Ctrl-C
          -p 1 5 6            | one duration in seconds is enough, not '5 6'
          # other values
          -p 1 -O             | option -O needs a value
          -p 1 --stack-storage-size   | option --stack-storage-size needs a value
          -p 1 --stack-storage-size 0 | --stack-storage-size takes a number of stacks from 1 to 16777216, not '0'
          -p 1 --stack-storage-size=x | --stack-storage-size takes a number of stacks from 1 to 16777216, not 'x'
          -p 1 --stack-storage-size 16777217 | --stack-storage-size takes a number of stacks from 1 to 16777216, not '16777217'
          -p 1 --max-live-blocks -1   | --max-live-blocks takes a number of blocks from 1 to 100000000, not '-1'
          -p 1 --attach foo   | --attach takes session, multi or perf, not 'foo'
          -p 1 --attach=      | --attach takes session, multi or perf, not ''
          -p 1 --all=3        | option --all takes no value
          -p 1 -f=3           | option -f takes no value
          -p 1 -af=3          | option -f takes no value
          # which blocks, and what of them
          -p 1 --older x      | --older takes an age in milliseconds from 1 to 2147483647, not 'x'
          -p 1 --older 5000 5 | the window of 5 s is shorter than --older 5000 ms: no block allocated in it can be that old; trace longer
          -p 1 --older 8000 --drain 3 5 | the window of 8 s is shorter than --older 8000 ms: no block allocated in it can be that old; trace longer
          -p 1 --drain 0      | --drain takes a number of seconds from 1 to 31536000, not '0'
          -p 1 --interval 10 5 | the window of 5 s is shorter than --interval 10: no table would be shown
          -p 1 --intervals 3  | --intervals needs --interval SECONDS: how long is one?
          -p 1 --interval 2 --intervals 3 6 | --intervals and a duration exclude each other: both say when the window ends
          -p 1 --top 0        | --top takes a number of stacks from 1 to 100000, not '0'
          -p 1 --sort size    | --sort takes bytes, count, growth or age, not 'size'
          -p 1 --min-size -1  | --min-size takes a number of bytes, not '-1'
          -p 1 --min-size 9 --max-size 8 | --min-size 9 is more than --max-size 8: no block would count
          -p 1 --ages --sizes | --ages and --sizes exclude each other
          -p 1 --peak --temporary | --peak and --temporary exclude each other
          -p 1 -a --older 5   | --older does not go with -a, which counts allocations, freed or not
          -p 1 -a --peek      | --peek does not go with -a, which counts allocations, freed or not
          -p 1 --peak --ages  | --ages does not go with --peak, which tells of another moment
          -p 1 --temporary --drain 5 | --drain does not go with --temporary, which tells of freed blocks
          # unknown options
          -p 1 --foldd        | unknown option --foldd; did you mean --folded?
          -p 1 --atach=perf   | unknown option --atach=perf; did you mean --attach?
          -p 1 --stack-storage=5 | unknown option --stack-storage=5; did you mean --stack-storage-size?
          -p 1 -af --mmap     | --mmap does not go with -a, which counts allocations, freed or not
          -p 1 --temporary --mmap | --mmap does not go with --temporary, which tells of freed blocks
          -p 1 --fold         | unknown option --fold; did you mean --folded?
          -p 1 --no-such-thing| unknown option --no-such-thing
          -p 1 -x             | unknown option -x
          -p 1 -afz           | unknown option -z in -afz
          -p 1 -af60          | unknown option -6 in -af60
          """)
  void badInputIsExplained(String arguments, String message) {
    assertThatThrownBy(() -> parse(arguments))
        .isInstanceOf(UsageException.class)
        .hasMessage(message);
  }

  @Test
  void whichBlocksCountAndWhatIsToldOfThem() throws UsageException {
    MemstacksOptions options =
        parse(
            "-p 1 -f --older 1500 --drain 3 --interval 5 --intervals 4 --top 7 --sort age --ages"
                + " --min-size 0 --max-size 64 --report out.txt --blocks --peek");
    assertThat(options.duration()).contains(Duration.ofSeconds(20));
    assertThat(options.trace().blocks())
        .isEqualTo(new BlockOptions(0, 64, Duration.ofMillis(1500), View.UNFREED, Histogram.AGES));
    assertThat(options.view())
        .isEqualTo(
            new ViewOptions(
                true,
                Optional.of(Duration.ofSeconds(3)),
                Optional.of(Duration.ofSeconds(5)),
                7,
                TrendOrder.AGE,
                Optional.of(Path.of("out.txt")),
                true));
    assertThat(parse("-p 1 --peak --sizes").trace().blocks())
        .isEqualTo(new BlockOptions(0, -1, Duration.ZERO, View.PEAK, Histogram.SIZES));
    assertThat(parse("-p 1 --temporary").trace().blocks().view()).isEqualTo(View.TEMPORARY);
    assertThat(parse("-p 1 --mmap").trace().blocks().mappings()).isTrue();
    assertThat(parse("-p 1 --older 4999 5").trace().blocks().older())
        .isEqualTo(Duration.ofMillis(4999));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--pair alloc=get     | --pair: 'alloc=get' is not of the form",
        "--pair alloc=get:5   | --pair: 'alloc=get:5' is not of the form",
        "--pair new=get:1     | --pair: 'new=get:1' is not of the form",
        "--pair alloc=get:1   | --pair: 'alloc=get:1' lacks a function that frees",
        "--pair free=put:1    | --pair: 'free=put:1' lacks a function that allocates",
        "--pair calloc=get:1_free=put:1 | --pair: 'calloc=get:1' needs two numbers",
        "--pair alloc=get:1:2_free=put:1 | --pair: 'alloc=get:1:2' needs one number",
        "--pair alloc=get:1/31_free=put:1 | --pair: 'alloc=get:1/31' is not of the form",
        "--pair alloc=get:1_free=put:1/64 | --pair: 'free=put:1/64' says how many bits a pointer has",
        "--pair alloc=get:1_free=get:1 | --pair: get is named twice",
        "--pair alloc=get:1_free=put:1 --pair calloc=get:1:2_free=put:1 | --pair: get is named twice",
        "--prefix 3_          | --prefix takes the begin of function names, as je_ of je_malloc, not '3_'"
      })
  void ownFunctionsAreDescribedInFull(String arguments, String problem) {
    assertThatThrownBy(() -> parse("-p 12 " + arguments))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(problem);
  }

  private static MemstacksOptions parse(String arguments) throws UsageException {
    return MemstacksCommandLine.parse(
        Arrays.stream(arguments.split(" +"))
            .filter(a -> !a.isEmpty())
            .map(a -> a.replace("_free", " free"))
            .toArray(String[]::new));
  }
}
