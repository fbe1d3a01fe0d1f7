; The Windows installer, by Inno Setup 6: packaging/installers/windows.py fills in what is defined from outside.
; For one person, without administrator rights; a new version installs over the old one; settings and chats stay.

#ifndef Version
  #error Version is given by packaging/installers/windows.py
#endif

[Setup]
AppId={{7C0A3B0E-3A5B-4E0B-9B7E-5E2F0B6D9A41}
AppName=Penjing
AppVersion={#Version}
AppPublisher=The Penjing project
AppPublisherURL=https://github.com/penjing/penjing
AppSupportURL=https://github.com/penjing/penjing/issues
DefaultDirName={localappdata}\Programs\Penjing
DisableProgramGroupPage=yes
DisableDirPage=auto
DefaultGroupName=Penjing
UninstallDisplayIcon={app}\penjingw.exe
LicenseFile={#Root}\LICENSE
OutputDir={#Out}
OutputBaseFilename=Penjing-{#Version}-setup
SetupIconFile={#Icon}
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
Compression=lzma2/max
SolidCompression=yes
LZMANumBlockThreads=4
WizardStyle=modern
; Asks to close a running Penjing, which would keep its files in use, and opens it again afterwards.
CloseApplications=yes
CloseApplicationsFilter=*.exe,*.dll
RestartApplications=yes
AppMutex=PenjingWindow
ChangesAssociations=yes
#ifdef SignTool
SignTool={#SignTool}
SignedUninstaller=yes
#endif

[Tasks]
Name: desktopicon; Description: "A shortcut on the desktop"; Flags: unchecked

[InstallDelete]
; What the old version had and the new one has not must not be found by it.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Program}\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{userprograms}\Penjing"; Filename: "{app}\penjingw.exe"
Name: "{userdesktop}\Penjing"; Filename: "{app}\penjingw.exe"; Tasks: desktopicon

[Registry]
Root: HKCU; Subkey: "Software\Classes\penjing"; ValueType: string; ValueData: "URL:Penjing"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\penjing"; ValueType: string; ValueName: "URL Protocol"; ValueData: ""
Root: HKCU; Subkey: "Software\Classes\penjing\shell\open\command"; ValueType: string; ValueData: """{app}\penjingw.exe"" --open ""%1"""
Root: HKCU; Subkey: "Software\Classes\Penjing.gguf"; ValueType: string; ValueData: "Language model in GGUF format"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\Penjing.gguf\shell\open\command"; ValueType: string; ValueData: """{app}\penjingw.exe"" --open ""%1"""
Root: HKCU; Subkey: "Software\Classes\.gguf\OpenWithProgids"; ValueType: string; ValueName: "Penjing.gguf"; ValueData: ""; Flags: uninsdeletevalue

[Run]
Filename: "{app}\penjingw.exe"; Description: "Start Penjing"; Flags: nowait postinstall skipifsilent

[UninstallDelete]
Type: filesandordirs; Name: "{app}\_internal"

[Code]
procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Data: String;
begin
  Data := ExpandConstant('{localappdata}\penjing');
  if (Step = usPostUninstall) and DirExists(Data) then
    if SuppressibleMsgBox('Delete your chats, settings and logs too? They are in ' + Data + '.', mbConfirmation, MB_YESNO or MB_DEFBUTTON2, IDNO) = IDYES then
      DelTree(Data, True, True, True);
end;
