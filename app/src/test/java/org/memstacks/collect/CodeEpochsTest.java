package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** An epoch ends when an address may mean something else than before. */
class CodeEpochsTest {
  private static final CodeArea PROGRAM = area(0x1000, new CodeModule(Optional.empty()));
  private static final CodeArea LIBRARY = area(0x8000, new CodeModule(Optional.empty()));
  private static final CodeArea OTHER = area(0x8000, new CodeModule(Optional.empty()));

  private final CodeEpochs epochs = new CodeEpochs();

  @Test
  void codeThatIsAddedChangesNoMeaning() {
    assertThat(epochs.see(List.of(PROGRAM))).isZero();
    assertThat(epochs.see(List.of(PROGRAM, LIBRARY))).isZero();
    assertThat(epochs.see(List.of(PROGRAM, LIBRARY))).isZero();
  }

  @Test
  void anObjectThatGoesEndsTheEpoch() {
    epochs.see(List.of(PROGRAM, LIBRARY));
    assertThat(epochs.see(List.of(PROGRAM))).isEqualTo(1);
    assertThat(epochs.see(List.of(PROGRAM, OTHER))).isEqualTo(1);
  }

  @Test
  void anObjectInAnothersPlaceEndsTheEpoch() {
    epochs.see(List.of(PROGRAM, LIBRARY));
    assertThat(epochs.see(List.of(PROGRAM, OTHER))).isEqualTo(1);
    assertThat(epochs.current()).isEqualTo(1);
  }

  @Test
  void codeThatNoObjectDescribesComesAndGoes() {
    epochs.see(List.of(PROGRAM, area(0x20000, CodeModule.UNDESCRIBED)));
    assertThat(epochs.see(List.of(PROGRAM, area(0x30000, CodeModule.UNDESCRIBED)))).isZero();
    assertThat(epochs.see(List.of(PROGRAM))).isZero();
  }

  private static CodeArea area(long start, CodeModule module) {
    return new CodeArea(start, start + 0x1000, start, module);
  }
}
