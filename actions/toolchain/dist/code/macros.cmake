# Builds with CMake, in the folder of the source, for one folder of libraries. A spec's own options follow the macros.

%__cmake /usr/bin/cmake
%__ctest /usr/bin/ctest
%__cmake_in_source_build 1
%__cmake_builddir %{!?__cmake_in_source_build:%{_vpath_builddir}}%{?__cmake_in_source_build:.}

%cmake %{expand:
%{?set_build_flags:%{set_build_flags}}
export CFLAGS="${CFLAGS:-%{optflags}}" CXXFLAGS="${CXXFLAGS:-%{optflags}}" LDFLAGS="${LDFLAGS:-%{?build_ldflags}}"
%{__cmake} %{!?__cmake_in_source_build:-S "%{_vpath_srcdir}"} -B "%{__cmake_builddir}" -DCMAKE_VERBOSE_MAKEFILE:BOOL=ON -DBUILD_SHARED_LIBS:BOOL=ON -DCMAKE_INSTALL_PREFIX:PATH=%{_prefix} -DCMAKE_INSTALL_LIBDIR:PATH=%{_lib} -DLIB_INSTALL_DIR:PATH=%{_libdir} -DINCLUDE_INSTALL_DIR:PATH=%{_includedir} -DSYSCONF_INSTALL_DIR:PATH=%{_sysconfdir} -DSHARE_INSTALL_PREFIX:PATH=%{_datadir}%{nil}}
%cmake_build %{__cmake} --build "%{__cmake_builddir}" %{?_smp_mflags} --verbose
%cmake_install DESTDIR="%{buildroot}" %{__cmake} --install "%{__cmake_builddir}"
%ctest %{__ctest} --test-dir "%{__cmake_builddir}" --output-on-failure --force-new-ctest-process %{?_smp_mflags}

%cmake3 %cmake
%cmake3_build %cmake_build
%cmake3_install %cmake_install
%ctest3 %ctest
