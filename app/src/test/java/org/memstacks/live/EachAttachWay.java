package org.memstacks.live;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.AnnotationConsumer;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * A test with each way of attaching that {@link AttachWays#tested} names, its last argument; the
 * argument before it, if the test takes two, is one of these options.
 */
@ParameterizedTest
@ArgumentsSource(EachAttachWay.Provider.class)
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface EachAttachWay {
  /** As {@code -f}. */
  String[] with() default {};

  /** Every option with every way. */
  final class Provider implements ArgumentsProvider, AnnotationConsumer<EachAttachWay> {
    private String[] options = {};

    @Override
    public void accept(EachAttachWay annotation) {
      options = annotation.with();
    }

    @Override
    public Stream<Arguments> provideArguments(
        ParameterDeclarations parameters, ExtensionContext context) throws IOException {
      return AttachWays.tested().stream()
          .flatMap(way ->
              options.length == 0
                  ? Stream.of(Arguments.of(way))
                  : Arrays.stream(options).map(option -> Arguments.of(option, way)));
    }
  }
}
