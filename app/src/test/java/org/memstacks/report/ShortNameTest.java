package org.memstacks.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShortNameTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "malloc|malloc",
        "parse+0x1f [libfoo.so]|parse+0x1f [libfoo.so]",
        "[libfoo.so+0x12]|[libfoo.so+0x12]",
        "broker::Broker::watch_once(std::string const&)|broker::Broker::watch_once",
        "ns::Type<A, B<C> >::method<D>(E<F>, G) const|ns::Type::method",
        "std::vector<int, std::allocator<int> >::push_back(int&&)|std::vector::push_back",
        "operator new(unsigned long)|operator new",
        "Call::operator()(int) const|Call::operator()",
        "ns::operator<<(std::ostream&, T const&)|ns::operator<<",
        "Ptr<T>::operator->() const|Ptr::operator->",
        "a::operators::run(int)|a::operators::run",
        "(anonymous namespace)::leak(int)|(anonymous namespace)::leak",
        "main::{lambda(int)#1}::operator()(int) const|main::{lambda#1}::operator()",
        "void std::vector<int>::_M_realloc_insert<int>(int*)|std::vector::_M_realloc_insert",
        "<T as core::Trait>::call|T::call",
        "<ns::Type<A> as Iterator<B>>::next<C>|ns::Type::next",
        "<Box<<T as X>::Y> as Trait>::run|Box::run",
        "<ns::Type>::method|ns::Type::method",
        "<>|<>",
        "a C name with < in it|a C name with < in it",
        "broken<(((|broken<((("
      })
  void parametersAndTemplateArgumentsGo(String name, String brief) {
    assertThat(ShortName.of(name)).isEqualTo(brief);
  }
}
